-- A message of the usual size stays in its row instead of being cut into TOAST rows of 2 KB, each with an index entry: a tenth of
-- the work of a delivery. What is larger than a page still goes there.
ALTER TABLE blob SET (toast_tuple_target = 8160);
ALTER TABLE message_meta SET (toast_tuple_target = 8160);
