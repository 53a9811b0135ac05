-- A session is about to come that has this name at the provider: whoever signs that out finds it from now on. False when somebody has done so already.
-- Names of sessions that are over, and that nobody has taken away, go.
local since, marks, client, sid, entry, now, ends, ttl = arg(), list(), arg(), arg(), arg(), arg(), arg(), arg()
if marked(since, marks) then return 0 end
local name = key('sid', client, redis.sha1hex(sid))
redis.call('ZREMRANGEBYSCORE', name, '-inf', now)
redis.call('ZADD', name, ends, entry)
prolong(name, ttl)
return 1
