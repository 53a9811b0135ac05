-- Before scripts that keep tokens to be revoked. They are looked at again within days as long as anybody runs; without, they go by themselves.
local REVOCATION_TTL = 8 * 24 * 60 * 60 * 1000

local function keep_tokens(id, session, client, subject, tokens, due)
  local name = key('v', id)
  redis.call('HSET', name, 'session', session, 'client', client, 'tok', tokens)
  if redis.call('HEXISTS', name, 'attempts') == 0 then
    redis.call('HSET', name, 'attempts', '0')
    if subject then redis.call('HSET', name, 'subject', subject) end
  end
  redis.call('HDEL', name, 'owner')
  redis.call('PEXPIRE', name, REVOCATION_TTL)
  redis.call('ZADD', key('vdue', client), due, id)
  redis.call('SADD', key('clients'), client)
end
