-- Ends a session, if it is as it is said to be. One that is not there may still come: a mark then keeps it from coming.
local id, reason, clients = arg(), arg(), list()
local version, owner, sid, tenant, gone, forget = given(), given(), given(), given(), given(), arg()
local session = read(id)
if not session then
  if gone then mark(gone, forget) end
  return false
end

if not contains(clients, session.client) or (version and session.ver ~= version) or (owner and session.owner ~= owner)
  or (sid and session.psid ~= sid) or not is_of_tenant(session, tenant) then
  return false
end

return finish(id, session, reason)
