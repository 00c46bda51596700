=== brackets, TOP and an alias before the value
SELECT TOP 10 [f].[Name], total = SUM(i.amount) FROM [dbo].[Firm] AS f JOIN dbo.Invoice i ON i.firm = f.id GROUP BY [f].[Name]
--->
select from dbo.Firm, dbo.Invoice
  Name <- dbo.Firm.Name identity
  total <- dbo.Invoice.amount aggregation
  <- dbo.Firm.Name group_by, dbo.Firm.id join, dbo.Invoice.firm join

=== UPDATE of an alias
UPDATE f SET f.score = s.value FROM dbo.firm f INNER JOIN dbo.scores s ON s.id = f.id WHERE s.ok = 1
--->
update dbo.firm from dbo.scores
  score <- dbo.scores.value identity
  <- dbo.firm.id join, dbo.scores.id join, dbo.scores.ok filter

=== CROSS APPLY sees the table before it
SELECT f.id, x.amount FROM firm f CROSS APPLY (SELECT TOP 1 i.amount FROM invoice i WHERE i.firm = f.id ORDER BY i.day DESC) x
--->
select from firm, invoice
  id <- firm.id identity
  amount <- invoice.amount identity
  <- firm.id filter, invoice.day sort, invoice.firm filter

=== SELECT INTO a temporary table, without semicolons
SELECT id, name INTO #keep FROM firm WHERE ok = 1
INSERT INTO target (a, b) SELECT id, name FROM #keep
DROP TABLE #keep
--->
insert #keep from firm
  id <- firm.id identity
  name <- firm.name identity
  <- firm.ok filter
insert target from #keep
  a <- #keep.id identity
  b <- #keep.name identity
other (no data)

=== MERGE … WHEN NOT MATCHED BY SOURCE
MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET t.v = s.v WHEN NOT MATCHED BY TARGET THEN INSERT (id, v) VALUES (s.id, s.v) WHEN NOT MATCHED BY SOURCE THEN DELETE;
--->
merge t from s
  v <- s.v identity
  id <- s.id identity
  <- s.id join, t.id join

=== OUTPUT INTO
DELETE FROM queue OUTPUT deleted.id, deleted.body INTO archive WHERE done = 1
--->
delete queue from queue
  <- queue.done filter
insert archive from queue
  id <- queue.id identity
  body <- queue.body identity

=== OPENJSON
SELECT j.name FROM docs d CROSS APPLY OPENJSON(d.body) WITH (name NVARCHAR(40) '$.name') AS j
--->
select from docs
  name <- docs.body transformation

=== PIVOT
[sales(region, quarter, amount)]
SELECT region, [1], [2] FROM sales PIVOT (SUM(amount) FOR quarter IN ([1], [2])) AS p
--->
select from sales
  region <- sales.region identity
  1 <- sales.amount aggregation, sales.quarter conditional
  2 <- sales.amount aggregation, sales.quarter conditional

=== a procedure and a batch
CREATE PROCEDURE load_it AS
BEGIN
  DECLARE @n INT = 1;
  INSERT INTO target (a) SELECT x FROM source WHERE y > @n;
  IF @n > 0
    UPDATE target SET b = @n;
END
GO
SELECT a FROM target
--->
other (not followed)
  ! 1:1 procedural
other (no data)
insert target from source
  a <- source.x? identity
  <- source.y? filter
update target
  b <-
select from target
  a <- target.a identity

=== IIF, ISNULL and CONVERT
SELECT IIF(a > 1, b, c) AS i, ISNULL(d, e) AS n, CONVERT(VARCHAR(8), day, 112) AS ymd, TRY_CAST(x AS INT) AS t FROM u
--->
select from u
  i <- u.a conditional, u.b transformation, u.c transformation
  n <- u.d transformation, u.e transformation
  ymd <- u.day transformation
  t <- u.x transformation

=== a recursion without the word
WITH r AS (SELECT id, boss FROM emp WHERE boss IS NULL UNION ALL SELECT e.id, e.boss FROM emp e JOIN r ON e.boss = r.id) SELECT id FROM r
--->
select from emp
  id <- emp.id identity
  <- emp.boss filter+join, emp.id join
