// A library that refuses what it is given.
local app = (import 'app.libsonnet').app;
{
  web: app('web', image=null),
}
