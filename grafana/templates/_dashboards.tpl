{{- /* Where docs/runbooks/ is read; empty: as the files have it. */}}
{{- define "dashboards.runbooks" -}}
{{- $repository := regexReplaceAll "//[^/@]*@" (trimSuffix ".git" .Values.repository) "//" -}}
{{- if .Values.runbooks -}}
{{ .Values.runbooks }}
{{- else if hasPrefix "http" $repository -}}
{{ $repository }}{{ ternary "" "/-" (contains "//github.com/" $repository) }}/blob/HEAD/docs/runbooks
{{- end -}}
{{- end }}
