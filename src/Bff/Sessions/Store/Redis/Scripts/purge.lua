-- What is stored under this id is of no use to anybody: it goes, and what leads to it.
local id = arg()
for _, client in ipairs(redis.call('SMEMBERS', key('clients'))) do unindex(id, client) end
return redis.call('DEL', record(id))
