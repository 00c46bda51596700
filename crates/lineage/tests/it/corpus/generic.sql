=== a column as it is, a computed one and a constant
SELECT name, upper(name) AS big, a.price * 2 AS twice, 1 AS one FROM subject.product a
--->
select from subject.product
  name <- subject.product.name identity
  big <- subject.product.name transformation
  twice <- subject.product.price transformation
  one <-

=== a filter decides and gives no value
SELECT id FROM firm WHERE status = 'open' AND region LIKE '33%'
--->
select from firm
  id <- firm.id identity
  <- firm.region filter, firm.status filter

=== an aggregate with its groups, its condition and its order
SELECT city, count(*) AS n, sum(amount) AS total FROM invoice GROUP BY city HAVING max(amount) > 5 ORDER BY total DESC
--->
select from invoice
  city <- invoice.city identity
  n <-
  total <- invoice.amount aggregation
  <- invoice.amount filter+sort, invoice.city group_by

=== a join with qualified columns
SELECT f.name, i.amount FROM firm f JOIN invoice i ON i.firm_id = f.id AND i.kind = 'sale'
--->
select from firm, invoice
  name <- firm.name identity
  amount <- invoice.amount identity
  <- firm.id join, invoice.firm_id join, invoice.kind join

=== a bare column of two unknown tables may come from either
SELECT amount FROM firm f, invoice i
--->
select from firm, invoice
  amount <- firm.amount? identity, invoice.amount? identity
  ! 1:8 ambiguous

=== with the columns known the bare column has one origin
[firm(id, name) invoice(firm_id, amount)]
SELECT amount, name FROM firm, invoice WHERE id = firm_id
--->
select from firm, invoice
  amount <- invoice.amount identity
  name <- firm.name identity
  <- firm.id filter, invoice.firm_id filter

=== a star is written out when the columns are known
[firm(id, name, city)]
SELECT * FROM firm
--->
select from firm
  id <- firm.id identity
  name <- firm.name identity
  city <- firm.city identity

=== a star stays a star when they are not, and says so
SELECT * FROM firm
--->
select from firm
  * <- firm.* identity
  ! 1:8 unresolved_star

=== a name is found through an unknown star
SELECT s.name FROM (SELECT * FROM firm) s
--->
select from firm
  name <- firm.name identity
  ! 1:28 unresolved_star

=== a star with exceptions and replacements
[firm(id, name, city)]
SELECT * EXCEPT (city) FROM firm
--->
select from firm
  id <- firm.id identity
  name <- firm.name identity

=== USING makes one column of two
[a(id, x) b(id, y)]
SELECT id, x, y FROM a LEFT JOIN b USING (id)
--->
select from a, b
  id <- a.id identity
  x <- a.x identity
  y <- b.y identity
  <- a.id join, b.id join

=== a full join takes the merged column from both sides
[a(id, x) b(id, y)]
SELECT * FROM a FULL OUTER JOIN b USING (id)
--->
select from a, b
  id <- a.id identity, b.id identity
  x <- a.x identity
  y <- b.y identity
  <- a.id join, b.id join

=== NATURAL finds the common columns
[a(id, x) b(id, y)]
SELECT * FROM a NATURAL JOIN b
--->
select from a, b
  id <- a.id identity
  x <- a.x identity
  y <- b.y identity
  <- a.id join, b.id join

=== expressions named one after another
WITH recent AS (SELECT id, amount FROM invoice WHERE year > 2020), total AS (SELECT id, sum(amount) AS s FROM recent GROUP BY id)
SELECT t.s FROM total t
--->
select from invoice
  s <- invoice.amount aggregation
  <- invoice.id group_by, invoice.year filter

=== a recursive expression is followed until its origins stay
WITH RECURSIVE tree (id, parent, root) AS (
  SELECT id, parent, id FROM node WHERE parent IS NULL
  UNION ALL
  SELECT n.id, n.parent, t.root FROM node n JOIN tree t ON n.parent = t.id
) SELECT id, root FROM tree
--->
select from node
  id <- node.id identity
  root <- node.id identity
  <- node.id join, node.parent filter+join

=== a correlated subquery sees the query around it
SELECT f.name, (SELECT max(i.amount) FROM invoice i WHERE i.firm_id = f.id) AS largest FROM firm f
--->
select from firm, invoice
  name <- firm.name identity
  largest <- firm.id filter, invoice.amount aggregation, invoice.firm_id filter

=== EXISTS and IN only decide
SELECT name FROM firm f WHERE EXISTS (SELECT 1 FROM invoice i WHERE i.firm_id = f.id) AND city IN (SELECT c.name FROM city c)
--->
select from city, firm, invoice
  name <- firm.name identity
  <- city.name filter, firm.city filter, firm.id filter, invoice.firm_id filter

=== a union adds origins place by place
SELECT id, name FROM firm UNION ALL SELECT pid, title FROM person ORDER BY name
--->
select from firm, person
  id <- firm.id identity, person.pid identity
  name <- firm.name identity, person.title identity
  <- firm.name sort, person.title sort

=== what is taken away decides
SELECT id FROM firm EXCEPT SELECT firm_id FROM closed
--->
select from closed, firm
  id <- firm.id identity
  <- closed.firm_id filter

=== a window is no value
SELECT sum(amount) OVER (PARTITION BY firm_id ORDER BY day) AS running, row_number() OVER w AS nr FROM invoice WINDOW w AS (PARTITION BY kind ORDER BY day)
--->
select from invoice
  running <- invoice.amount aggregation, invoice.day window, invoice.firm_id window
  nr <- invoice.day window, invoice.kind window

=== CASE chooses by its conditions
SELECT CASE WHEN status = 'A' THEN amount ELSE fee END AS paid FROM invoice
--->
select from invoice
  paid <- invoice.amount transformation, invoice.fee transformation, invoice.status conditional

=== a number in GROUP BY and ORDER BY is a column of the list
SELECT city, sum(amount) FROM invoice GROUP BY 1 ORDER BY 2
--->
select from invoice
  city <- invoice.city identity
  sum <- invoice.amount aggregation
  <- invoice.amount sort, invoice.city group_by

=== values in columns by position
INSERT INTO target (a, b) SELECT x, y + z FROM source
--->
insert target from source
  a <- source.x identity
  b <- source.y transformation, source.z transformation

=== without a list the columns of the target are asked for
[target(a, b)]
INSERT INTO target SELECT x, y FROM source
--->
insert target from source
  a <- source.x identity
  b <- source.y identity

=== without a list and without a catalogue the names are those of the query
INSERT INTO target SELECT x, y AS z FROM source
--->
insert target from source
  x <- source.x identity
  z <- source.y identity
  ! 1:1 unknown_target

=== too few values
[target(a, b, c)]
INSERT INTO target SELECT x, y FROM source
--->
insert target from source
  a <- source.x identity
  b <- source.y identity
  ! 1:1 column_count

=== a table made of a query is known to the next statement
CREATE TABLE stage AS SELECT id, upper(name) AS name FROM firm;
CREATE VIEW v (key, label) AS SELECT * FROM stage;
SELECT label FROM v
--->
create_table stage from firm
  id <- firm.id identity
  name <- firm.name transformation
create_view v from stage
  key <- stage.id identity
  label <- stage.name identity
select from v
  label <- v.label identity

=== definitions move nothing, and one that is not understood costs only itself
CREATE TABLE t (a INT, b INT);
SELEKT oops;
DROP TABLE x;
INSERT INTO t SELECT p, q FROM r
--->
other (no data)
other (not followed)
  ! 2:1 syntax
other (no data)
insert t from r
  a <- r.p identity
  b <- r.q identity

=== an unclosed quote
SELECT a FROM t; SELECT 'open FROM t
--->
select from t
  a <- t.a identity
other (not followed)
  ! 1:25 syntax

=== unnest sees the table before it
[firm(id, tags)]
SELECT f.id, tag FROM firm f CROSS JOIN UNNEST(f.tags) AS tag
--->
select from firm
  id <- firm.id identity
  tag <- firm.tags transformation

=== a lateral subquery sees it too
SELECT f.id, l.amount FROM firm f, LATERAL (SELECT i.amount FROM invoice i WHERE i.firm_id = f.id LIMIT 3) l
--->
select from firm, invoice
  id <- firm.id identity
  amount <- invoice.amount identity
  <- firm.id filter, invoice.firm_id filter

=== the functions of this program are transformations
SELECT normalise_uscc(r.code) AS uscc, normalise_name(r.name) AS name FROM raw.registry AS r WHERE valid_uscc(r.code)
--->
select from raw.registry
  uscc <- raw.registry.code transformation
  name <- raw.registry.name transformation
  <- raw.registry.code filter

=== DISTINCT ON and QUALIFY
SELECT DISTINCT ON (city) city, name FROM firm QUALIFY row_number() OVER (PARTITION BY city ORDER BY size) = 1
--->
select from firm
  city <- firm.city identity
  name <- firm.name identity
  <- firm.city filter+group_by, firm.size filter

=== an update from another table
UPDATE firm SET score = s.value, checked = now() FROM scores s WHERE s.id = firm.id
--->
update firm from scores
  score <- scores.value identity
  checked <-
  <- firm.id filter, scores.id filter

=== a delete decides by its condition
DELETE FROM firm WHERE closed < '2020-01-01'
--->
delete firm from firm
  <- firm.closed filter

=== merge
MERGE INTO firm t USING updates s ON t.id = s.id WHEN MATCHED AND s.kind = 'U' THEN UPDATE SET name = s.name WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, trim(s.name))
--->
merge firm from updates
  name <- updates.name identity+transformation
  id <- updates.id identity
  <- firm.id join, updates.id join, updates.kind filter

=== a column that nobody has
[firm(id)]
SELECT nam FROM firm
--->
select from firm
  nam <-
  ! 1:8 unknown_column

=== nested arithmetic and a field of a structure
SELECT ((a + b) * -c)::DOUBLE AS x, t.s.f AS field FROM t
--->
select from t
  x <- t.a transformation, t.b transformation, t.c transformation
  field <- t.s transformation
