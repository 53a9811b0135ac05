-- Forgets a claimed revocation, or has it tried again; without an attempt it has all its time again.
local id, owner, again, attempts = arg(), arg(), given(), arg()
local name = key('v', id)
if redis.call('HGET', name, 'owner') ~= owner then return 0 end
local client = redis.call('HGET', name, 'client')
if not again then
  redis.call('DEL', name)
  redis.call('ZREM', key('vdue', client), id)
  return 1
end
redis.call('HSET', name, 'attempts', attempts)
if attempts == '0' then redis.call('HDEL', name, 'forget') end
redis.call('HDEL', name, 'owner')
redis.call('ZADD', key('vdue', client), again, id)
return 1
