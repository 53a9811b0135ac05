-- Before scripts that claim sessions. While a session is leased its due time is the end of the lease: a renewal whose node died becomes due again by itself.
local HELD_LIFE = 3600000 -- for nodes that nobody ever frees; no lease lasts as long
local function claim(id, session, owner, lease)
  let_go(id, session)
  local held = held_by(owner)
  if held then
    redis.call('SADD', held, id)
    prolong(held, HELD_LIFE)
  end
  redis.call('HSET', record(id), 'owner', owner, 'lease', lease, 'due', lease)
  redis.call('ZADD', key('due', session.client), lease, id)
  session.owner, session.lease, session.due = owner, lease, lease
  return values(id, session)
end

local function is_leased(session, now)
  return session.lease and later(session.lease, now)
end
