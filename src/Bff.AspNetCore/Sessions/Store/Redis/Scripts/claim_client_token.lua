-- Takes the right to get the next token of a client, unless somebody else has it, or there is a newer one than was seen.
local id, version, now, owner, lease, ttl = arg(), arg(), arg(), arg(), arg(), arg()
local name = key('c', id)
local known = redis.call('HMGET', name, 'ver', 'lease')
if (known[1] and known[1] ~= version) or (known[2] and later(known[2], now)) then return 0 end
redis.call('HSET', name, 'owner', owner, 'lease', lease)
prolong(name, ttl)
return 1
