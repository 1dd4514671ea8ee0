// Finds its own neighbour first.
local defaults = import 'defaults.libsonnet';
{
  deployment(name, image): {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: name },
    spec: {
      replicas: defaults.replicas,
      template: { spec: { containers: [{ name: name, image: image }] } },
    },
  },
}
