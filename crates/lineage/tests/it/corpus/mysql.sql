=== backticks, and double quotes are strings
SELECT `f`.`Name`, "x" AS c FROM `db`.`Firm` AS f WHERE f.kind = "open"
--->
select from db.Firm
  Name <- db.Firm.Name identity
  c <-
  <- db.Firm.kind filter

=== an update over a join writes the table it names
UPDATE firm f JOIN stage s ON s.id = f.id SET f.name = s.name, s.done = 1 WHERE s.ok = 1
--->
update firm from stage
  name <- stage.name identity
  <- firm.id join, stage.id join, stage.ok filter
update stage from stage
  done <-
  <- firm.id join, stage.id join, stage.ok filter

=== INSERT … ON DUPLICATE KEY UPDATE
INSERT INTO counts (k, n) SELECT kind, sum(size) FROM event GROUP BY kind ON DUPLICATE KEY UPDATE n = n + VALUES(n)
--->
insert counts from event
  k <- event.kind identity
  n <- counts.n transformation, event.size aggregation
  <- event.kind group_by

=== INSERT … SET
INSERT INTO t SET a = 1, b = (SELECT max(x) FROM u)
--->
insert t from u
  a <-
  b <- u.x aggregation

=== REPLACE
REPLACE INTO t (a, b) SELECT x, y FROM u
--->
insert t from u
  a <- u.x identity
  b <- u.y identity

=== DELETE of one table of a join
DELETE f FROM firm f INNER JOIN closed c ON c.id = f.id WHERE c.year < 2000
--->
delete firm from closed, firm
  <- closed.id join, closed.year filter, firm.id join

=== GROUP_CONCAT and IF
SELECT GROUP_CONCAT(DISTINCT name ORDER BY id SEPARATOR ';') AS names, IF(a > 0, b, c) AS d FROM t GROUP BY g
--->
select from t
  names <- t.id sort, t.name aggregation
  d <- t.a conditional, t.b transformation, t.c transformation
  <- t.g group_by

=== STRAIGHT_JOIN and a table in parentheses
SELECT a.x, b.y FROM (t1 a STRAIGHT_JOIN t2 b ON a.id = b.id)
--->
select from t1, t2
  x <- t1.x identity
  y <- t2.y identity
  <- t1.id join, t2.id join

=== JSON_TABLE
SELECT j.name FROM t, JSON_TABLE(t.doc, '$[*]' COLUMNS (name VARCHAR(40) PATH '$.name', nr FOR ORDINALITY)) AS j
--->
select from t
  name <- t.doc transformation

=== a procedure of the mysql client
DELIMITER //
CREATE PROCEDURE load_it()
BEGIN
  DECLARE n INT;
  INSERT INTO target (a) SELECT x FROM source WHERE y > n;
  IF n > 0 THEN
    UPDATE target SET b = 1;
  END IF;
END //
DELIMITER ;
SELECT a FROM target
--->
other (not followed)
  ! 2:1 procedural
insert target from source
  a <- source.x? identity
  <- source.n? filter, source.y? filter
update target
  b <-
select from target
  a <- target.a identity

=== variables are no columns
SELECT @row := @row + 1 AS nr, name FROM firm
--->
select from firm
  nr <-
  name <- firm.name identity

=== settings and locks move nothing
SET NAMES utf8mb4;
USE db;
LOCK TABLES t READ;
UNLOCK TABLES
--->
other (no data)
other (no data)
other (no data)
other (no data)
