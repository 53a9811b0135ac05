-- Takes one session whether due or not, unless somebody else has it, it must not be tried yet, or it is another version.
local id, version, now, owner, lease, is_eager, clients = arg(), arg(), arg(), arg(), arg(), given(), list()
local session = read(id)
if not session or not contains(clients, session.client) or session.ver ~= version or is_leased(session, now) or not later(session.ends, now)
  or (not is_eager and session.nb and later(session.nb, now)) then
  return false
end
return claim(id, session, owner, lease)
