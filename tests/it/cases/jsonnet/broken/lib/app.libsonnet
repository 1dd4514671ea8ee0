{
  app(name, image): self.check(name, image),
  check(name, image)::
    if image == null then error name + ' needs an image' else {
      apiVersion: 'v1', kind: 'Pod', metadata: { name: name }, spec: { containers: [{ name: name, image: image }] },
    },
}
