-- Stores what a renewal brought.
local tokens, expires, due, claims, name, sid = arg(), arg(), given(), given(), arg(), given()
if not is_held then return 0 end
redis.call('HSET', record(id), 'tok', tokens, 'texp', expires)
redis.call('HINCRBY', record(id), 'ver', 1)
redis.call('HDEL', record(id), 'fails', 'since', 'err', 'nb')
redis.call('ZREM', key('fail', session.client), id)
if claims then
  redis.call('HSET', record(id), 'claims', claims, 'name', name)
  if sid then redis.call('HSET', record(id), 'psid', sid) else redis.call('HDEL', record(id), 'psid') end
end
give_back(due)
return 1
