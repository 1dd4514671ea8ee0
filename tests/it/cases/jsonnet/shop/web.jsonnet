// A program with a library beside it, one in `vendor`, and a text.
local k = import 'kinds.libsonnet';
local web = import 'web/web.libsonnet';
{
  service: k.service('web', 80),
  deployment: web.deployment('web', 'contoso/web:1.10') + { metadata+: { labels: { environment: std.extVar('environment') } } },
  config: k.configMap('web', { 'motd.txt': importstr 'motd.txt', bytes: std.toString(std.length(importbin 'motd.txt')) }),
  helper:: 'hidden fields are not rendered',
  none: null,
}
