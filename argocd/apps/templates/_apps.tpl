{{/* The cluster that Argo CD runs in. */}}
{{- define "apps.server" -}}
https://kubernetes.default.svc
{{- end }}

{{/* The metadata of (dict "name" "wave" "root"), all but its annotations' end. */}}
{{- define "apps.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
finalizers:
  - resources-finalizer.argocd.argoproj.io
annotations:
  argocd.argoproj.io/sync-wave: {{ .wave | quote }}
{{- end }}

{{/*
The same of an Application. It is compared as it is applied, by the API server: what that adds, such as the kind of a
StatefulSet's claim, is no difference.
*/}}
{{- define "apps.application" -}}
{{ include "apps.metadata" . }}
  argocd.argoproj.io/compare-options: ServerSideDiff=true
{{- end }}

{{/* How each Application is kept as git has it. */}}
{{- define "apps.syncPolicy" -}}
automated:
  enabled: true # said, so that one that was switched off by hand is switched on again
  prune: true
  selfHeal: true
retry:
  limit: 5
  refresh: true # tries again with what git has by then
  backoff:
    duration: 5s
    factor: 2
    maxDuration: 3m
managedNamespaceMetadata:
  labels:
    pod-security.kubernetes.io/enforce: restricted
syncOptions:
  - CreateNamespace=true
  - ServerSideApply=true
  - PruneLast=true
  - FailOnSharedResource=true
{{- end }}
