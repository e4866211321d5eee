{{- /* Where docs/runbooks/ is read; empty: as the files have it. */}}
{{- define "dashboards.runbooks" -}}
{{- $repository := trimSuffix ".git" .Values.repository -}}
{{- $repository = regexReplaceAll "^ssh://([^/@]*@)?([^/:]+)(:[0-9]+)?/" $repository "https://${2}/" -}}
{{- $repository = regexReplaceAll "^[^/@:]+@([^/:]+):/?" $repository "https://${1}/" -}}
{{- $repository = regexReplaceAll "//[^/@]*@" $repository "//" -}}
{{- if .Values.runbooks -}}
{{ .Values.runbooks }}
{{- else if hasPrefix "http" $repository -}}
{{ $repository }}{{ ternary "" "/-" (contains "//github.com/" $repository) }}/blob/HEAD/docs/runbooks
{{- end -}}
{{- end }}
