{{- define "rules.labels" -}}
app.kubernetes.io/name: rules
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end }}

{{- /* Where docs/runbooks/ is read; empty: as the files have it. */}}
{{- define "rules.runbooks" -}}
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

{{- /* A rules file with the links to runbooks as values say: (dict "root" $ "path" "rules/alerts.yaml") */}}
{{- define "rules.file" -}}
{{- $text := .root.Files.Get .path -}}
{{- with include "rules.runbooks" .root -}}
{{- $text = regexReplaceAll "https?://[^ \"]*/docs/runbooks" $text . -}}
{{- end -}}
{{- $text -}}
{{- end }}
