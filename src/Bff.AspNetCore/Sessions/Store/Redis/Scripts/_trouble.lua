-- Before scripts that look for sessions which are renewed in the background, but were not in time: some of them at a time. They come with their first
-- arguments: which client's, the time, what was due before it and is not begun is late, whether to look among those that fail, and where to go on.
local client, now, late, fails, from, many = arg(), arg(), arg(), given(), arg(), tonumber(arg())

-- Where the next look begins, nil at the end; and those that were found.
local function troubled()
  local ids, goes_on = {}, nil
  if fails then
    local page = redis.call('ZSCAN', key('fail', client), from, 'COUNT', many)
    for i = 1, #page[2], 2 do ids[#ids + 1] = page[2][i] end
    if page[1] ~= '0' then goes_on = page[1] end
  else
    ids = redis.call('ZRANGEBYSCORE', key('due', client), '-inf', late, 'LIMIT', from, many)
    if #ids == many then goes_on = string.format('%d', tonumber(from) + many) end
  end

  local found = {}
  for _, id in ipairs(ids) do
    local session = read(id)
    if session and session.due and later(session.ends, now) then
      local is_failing = session.fails and tonumber(session.fails) > 0
      if fails and is_failing or not fails and not is_failing and not later(session.due, late) then found[#found + 1] = { id = id, session = session } end
    end
  end
  return goes_on, found
end
