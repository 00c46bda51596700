=== identifiers are folded to lower case, quoted ones stay
SELECT Name, "Name" AS q FROM Public.Firm
--->
select from public.firm
  name <- public.firm.name identity
  q <- public.firm.name identity

=== INSERT … ON CONFLICT takes the offered row
INSERT INTO firm AS f (id, name) SELECT id, name FROM stage ON CONFLICT (id) DO UPDATE SET name = excluded.name || f.name, seen = now() WHERE f.locked = false
--->
insert firm from stage
  id <- stage.id identity
  name <- firm.name transformation, stage.name identity+transformation
  seen <-
  <- firm.locked filter

=== data changed inside WITH
WITH moved AS (DELETE FROM queue WHERE done RETURNING id, payload) INSERT INTO archive (id, body) SELECT id, payload FROM moved
--->
delete queue from queue
  <- queue.done filter
insert archive from queue
  id <- queue.id identity
  body <- queue.payload identity

=== UPDATE … FROM with a join
UPDATE accounts a SET balance = a.balance + t.sum FROM (SELECT account_id, sum(amount) FROM transfer GROUP BY account_id) t WHERE t.account_id = a.id
--->
update accounts from accounts, transfer
  balance <- accounts.balance transformation, transfer.amount aggregation
  <- accounts.id filter, transfer.account_id filter+group_by

=== a tuple is assigned by a query
UPDATE firm SET (name, city) = (SELECT s.name, upper(s.city) FROM stage s WHERE s.id = firm.id)
--->
update firm from firm, stage
  name <- firm.id filter, stage.id filter, stage.name identity
  city <- firm.id filter, stage.city transformation, stage.id filter

=== DELETE … USING
DELETE FROM link USING firm WHERE link.src = firm.id AND firm.closed
--->
delete link from firm, link
  <- firm.closed filter, firm.id filter, link.src filter

=== a filter of an aggregate and an ordered set
SELECT count(*) FILTER (WHERE kind = 'x') AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) AS med, string_agg(name, ',' ORDER BY day) AS names FROM t
--->
select from t
  n <- t.kind filter
  med <- t.amount aggregation
  names <- t.day sort, t.name aggregation

=== LATERAL and functions in FROM
SELECT d.id, e.value FROM doc d, jsonb_each_text(d.body) AS e(key, value), generate_series(1, d.n) AS g WHERE g > 1
--->
select from doc
  id <- doc.id identity
  value <- doc.body transformation
  <- doc.n filter

=== a subscript and a path
SELECT (doc).owner.name AS o, tags[1] AS first, body -> 'a' ->> 'b' AS ab FROM files
--->
select from files
  o <- files.doc transformation
  first <- files.tags transformation
  ab <- files.body transformation

=== a materialized view
CREATE MATERIALIZED VIEW mv AS SELECT region, avg(score) AS s FROM t GROUP BY GROUPING SETS ((region), ())
--->
create_view mv from t
  region <- t.region identity
  s <- t.score aggregation
  <- t.region group_by

=== SELECT … INTO
SELECT id, name INTO TEMP keep FROM firm WHERE ok
--->
insert keep from firm
  id <- firm.id identity
  name <- firm.name identity
  <- firm.ok filter

=== a function with a body in dollars is read at its place
CREATE OR REPLACE FUNCTION load_firm() RETURNS void LANGUAGE plpgsql AS $body$
DECLARE n int;
BEGIN
  INSERT INTO dw.firm (id, name) SELECT s.id, trim(s.name) FROM ods.firm s;
  IF n > 0 THEN UPDATE dw.log SET rows = 1 WHERE id = 7; END IF;
  RETURN;
END $body$;
SELECT a FROM t
--->
other (not followed)
  ! 1:1 procedural
insert dw.firm from ods.firm
  id <- ods.firm.id identity
  name <- ods.firm.name transformation
update dw.log
  rows <-
  <- dw.log.id? filter
select from t
  a <- t.a identity

=== a body in another language is not read
CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS $$ select = 1 $$;
SELECT a FROM t
--->
other (not followed)
  ! 1:1 not_followed
select from t
  a <- t.a identity

=== COPY
COPY (SELECT id FROM firm) TO '/tmp/x.csv';
COPY firm FROM STDIN
--->
select from firm
  id <- firm.id identity
  ! 1:1 not_followed
other from firm (not followed)
  ! 2:1 not_followed

=== GROUP BY names an alias where the table has no such column
[t(day, amount)]
SELECT date_trunc('month', day) AS month, sum(amount) AS total FROM t GROUP BY month
--->
select from t
  month <- t.day transformation
  total <- t.amount aggregation
  <- t.day group_by

=== INTERSECT and nested set operations
(SELECT a FROM t UNION SELECT b FROM u) INTERSECT SELECT c FROM v
--->
select from t, u, v
  a <- t.a identity, u.b identity
  <- v.c filter
