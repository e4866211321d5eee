{{/* The labels that select the pods of a service. */}}
{{- define "service.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* Every resource's labels. */}}
{{- define "service.labels" -}}
{{ include "service.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | trunc 63 | trimAll "-_." | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* Of Deployment and pods, too: whom they call. NetworkPolicies admit by these labels; the topology is drawn from them. */}}
{{- define "service.callerLabels" -}}
{{ include "service.labels" . }}
{{- range .Values.calls }}
calls/{{ . | splitList ":" | first }}: "true"
{{- end }}
{{- end }}

{{/* The variable that has the URL of one of `calls`. */}}
{{- define "service.urlVariable" -}}
{{ . | splitList ":" | first | upper | replace "-" "_" }}_URL
{{- end }}

{{/* REGISTRY/REPOSITORY:TAG@DIGEST of (dict "name" "image" "global"). */}}
{{- define "service.image" -}}
{{- with (.global).registry }}{{ . }}/{{ end }}
{{- .image.repository | default .name }}:{{ .image.tag }}
{{- with .image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* What the restricted Pod Security Standard asks of a pod, and of each container. */}}
{{- define "service.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end }}
{{- define "service.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* The settings, and what the pods roll for when it changes: a Secret is known by its version, never by its content. */}}
{{- define "service.checksum" -}}
{{- $secret := dict }}
{{- with .Values.existingSecret }}
  {{- $secret = lookup "v1" "Secret" $.Release.Namespace . }}
{{- end }}
{{- dict "config" .Values.config "secret" (dig "metadata" "resourceVersion" "" $secret) | toJson | sha256sum }}
{{- end }}

{{/* Whether there is a way in from outside of the cluster. */}}
{{- define "service.public" -}}
{{- if or (ne .Values.service.type "ClusterIP") .Values.ingress .Values.httpRoute }}true{{ end }}
{{- end }}
