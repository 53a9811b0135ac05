-- What is stored under this id is of no use to anybody: it goes, and what leads to it.
return forget(arg())
