=== INSERT OVERWRITE with a fixed and a moving partition
[dw.fact(id, amount, dt, region)]
INSERT OVERWRITE TABLE dw.fact PARTITION (dt = '2024-01-01', region) SELECT id, sum(amount), city FROM ods.invoice GROUP BY id, city
--->
insert dw.fact from ods.invoice
  id <- ods.invoice.id identity
  amount <- ods.invoice.amount aggregation
  region <- ods.invoice.city identity
  <- ods.invoice.city group_by, ods.invoice.id group_by

=== LATERAL VIEW
SELECT t.id, tag FROM docs t LATERAL VIEW explode(t.tags) x AS tag
--->
select from docs
  id <- docs.id identity
  tag <- docs.tags transformation

=== two lateral views, one upon the other
SELECT k, v FROM docs LATERAL VIEW OUTER explode(m) a AS k, vs LATERAL VIEW explode(vs) b AS v
--->
select from docs
  k <- docs.m transformation
  v <- docs.m transformation

=== LEFT SEMI JOIN shows only its left side
[a(id, x) b(id, y)]
SELECT * FROM a LEFT SEMI JOIN b ON a.id = b.id
--->
select from a, b
  id <- a.id identity
  x <- a.x identity
  <- a.id join, b.id join

=== collect_set, DISTRIBUTE BY and SORT BY
SELECT city, collect_set(name) AS names FROM firm GROUP BY city DISTRIBUTE BY city SORT BY city
--->
select from firm
  city <- firm.city identity
  names <- firm.name aggregation
  <- firm.city group_by+sort

=== a table stored in some format
CREATE TABLE dw.t STORED AS PARQUET AS SELECT id, nvl(name, 'x') AS name FROM ods.s
--->
create_table dw.t from ods.s
  id <- ods.s.id identity
  name <- ods.s.name transformation

=== double quotes are strings here
SELECT a FROM t WHERE b = "open"
--->
select from t
  a <- t.a identity
  <- t.b filter

=== CUBE and grouping sets
SELECT a, b, count(1) AS n FROM t GROUP BY a, b WITH CUBE
--->
select from t
  a <- t.a identity
  b <- t.b identity
  n <-
  <- t.a group_by, t.b group_by

=== a partitioned table defined before
CREATE TABLE p (id INT, v STRING) PARTITIONED BY (dt STRING);
INSERT INTO TABLE p PARTITION (dt) SELECT a, b, c FROM s
--->
other (no data)
insert p from s
  id <- s.a identity
  v <- s.b identity
  dt <- s.c identity

=== LOAD DATA names its table
LOAD DATA INPATH '/x' INTO TABLE ods.t
--->
other from ods.t (not followed)
  ! 1:1 not_followed

=== FROM … INSERT
FROM src INSERT OVERWRITE TABLE a SELECT x INSERT OVERWRITE TABLE b SELECT y
--->
other (not followed)
  ! 1:1 syntax

=== a struct, a map and get_json_object
SELECT s.field.inner AS f, m['k'] AS mk, get_json_object(j, '$.a') AS ja FROM t
--->
select from t
  f <- t.s transformation
  mk <- t.m transformation
  ja <- t.j transformation
