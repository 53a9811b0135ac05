-- Ends what a provider has signed out of a user, once, and leaves marks for sign-ins that were begun before.
local client, use, use_until, marks, forget = arg(), arg(), arg(), list(), arg()
local subject, sid, latest, tenant = arg(), given(), given(), given()
if redis.call('ZADD', key('once'), 'NX', use_until, use) == 0 then return false end
for _, name in ipairs(marks) do mark(name, forget) end

local ended = {}
for _, one in ipairs(of_subject(subject, { client })) do
  local session = one.session
  local began = latest and session.claims and signed_in_at(session.claims)
  local is_newer = began and began > tonumber(latest)
  local is_meant = not is_newer
  if sid then is_meant = session.psid == sid or (not session.psid and not is_newer) end
  if is_meant and is_of_tenant(session, tenant) then ended[#ended + 1] = finish(one.id, session, 'provider_logout') end
end
return { ended }
