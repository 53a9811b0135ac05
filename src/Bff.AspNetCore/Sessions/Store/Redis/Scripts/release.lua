-- A renewal failed: when it is tried again. It may have brought a rotated refresh token all the same, which makes a new version.
local tokens, due, not_before, err, since = given(), arg(), arg(), arg(), arg()
if not is_held then return 0 end
if tokens then
  redis.call('HSET', record(id), 'tok', tokens)
  redis.call('HINCRBY', record(id), 'ver', 1)
end
redis.call('HSET', record(id), 'nb', not_before, 'since', since, 'err', err)
redis.call('HINCRBY', record(id), 'fails', 1)
redis.call('ZADD', key('fail', session.client), session.texp or due, id)
give_back(due)
return 1
