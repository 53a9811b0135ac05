-- Before scripts that end sessions, with their first arguments: the time, until when it is remembered why, whether tokens wait for other sessions of their
-- user, and the clients whose tokens are kept to be revoked: refresh tokens; and where nothing waits, access tokens that are good, too.
local now, forget_at, waits, revoking, both = arg(), arg(), given(), list(), list()

local function is_worth_revoking(session)
  if not contains(revoking, session.client) or not session.tok then return false end
  return session.due ~= nil or (not waits and contains(both, session.client) and (not session.texp or later(session.texp, now)))
end

-- Ends a session; where a renewal is under way, its answer replaces the tokens that are kept, or its lease runs out first. Without a reason it is its timeout.
local function finish(id, session, reason)
  if not reason then reason = later(session.abs, session.ends) and 'idle_timeout' or 'absolute_timeout' end
  redis.call('DEL', record(id))
  unindex(id, session.client)
  redis.call('SREM', user(session.sub), id)
  let_go(id, session)
  if reason ~= 'unknown' then
    redis.call('HSET', key('why'), id, forget_at .. ' ' .. reason .. ' ' .. session.client)
    redis.call('ZADD', key('ends'), forget_at, id)
  end

  if is_worth_revoking(session) and redis.call('EXISTS', key('v', id)) == 0 then
    local due = session.lease and later(session.lease, now) and session.lease or now
    keep_tokens(id, id, session.client, waits and session.sub, session.tok, due)
  end

  return { id, reason, session.client, session.fe or '', session.psid or '' }
end

local function signed_in_at(claims)
  local isRead, read_claims = pcall(cjson.decode, claims)
  if not isRead or type(read_claims) ~= 'table' then return nil end
  for _, claim in ipairs(read_claims) do
    if type(claim) == 'table' and claim.Type == 'auth_time' then return tonumber(claim.Value) end
  end
  return nil
end

-- Such a text is nowhere inside a value: its quotation marks would be escaped there.
local function is_of_tenant(session, tenant)
  return not tenant or string.find(session.claims or '', tenant, 1, true) ~= nil
end
