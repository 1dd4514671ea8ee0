// Nothing in this environment.
if std.extVar('environment') == 'prod' then error 'not reached' else null
