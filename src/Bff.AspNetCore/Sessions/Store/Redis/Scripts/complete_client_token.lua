-- Stores the next token of a client, if there is one, and gives the claim back. Who lost it has no say.
local id, owner, tokens, ttl = arg(), arg(), given(), arg()
local name = key('c', id)
if redis.call('HGET', name, 'owner') ~= owner then return 0 end
redis.call('HDEL', name, 'owner', 'lease')
if tokens then
  redis.call('HSET', name, 'tok', tokens)
  redis.call('HINCRBY', name, 'ver', 1)
  redis.call('PEXPIRE', name, ttl)
end
return 1
