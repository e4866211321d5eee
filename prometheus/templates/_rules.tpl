{{- define "rules.labels" -}}
app.kubernetes.io/name: rules
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end }}

{{- /* A rules file with the links to runbooks as values say: (dict "root" $ "path" "rules/alerts.yaml") */}}
{{- define "rules.file" -}}
{{- $text := .root.Files.Get .path -}}
{{- with .root.Values.runbooks -}}
{{- $text = regexReplaceAll "https?://[^ \"]*/docs/runbooks" $text . -}}
{{- end -}}
{{- $text -}}
{{- end }}
