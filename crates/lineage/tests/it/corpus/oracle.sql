=== names are folded to upper case
SELECT t.Name, "Mixed" FROM scott.emp t
--->
select from SCOTT.EMP
  NAME <- SCOTT.EMP.NAME identity
  Mixed <- SCOTT.EMP.Mixed identity

=== the old outer join
SELECT a.x, b.y FROM a, b WHERE a.id = b.id(+)
--->
select from A, B
  X <- A.X identity
  Y <- B.Y identity
  <- A.ID filter, B.ID filter

=== DECODE and NVL2 choose
SELECT DECODE(status, 'A', price, 'B', cost, fee) AS v, NVL(a, b) AS n, NVL2(c, d, e) AS m FROM t
--->
select from T
  V <- T.COST transformation, T.FEE transformation, T.PRICE transformation, T.STATUS conditional
  N <- T.A transformation, T.B transformation
  M <- T.C conditional, T.D transformation, T.E transformation

=== pseudo columns and DUAL
SELECT SYSDATE, ROWNUM AS nr, seq.NEXTVAL AS id FROM dual
--->
select
  SYSDATE <-
  NR <-
  ID <-

=== a hierarchy
SELECT id, LEVEL FROM emp START WITH boss IS NULL CONNECT BY PRIOR id = boss
--->
select from EMP
  ID <- EMP.ID identity
  LEVEL <-
  <- EMP.BOSS filter+join, EMP.ID join

=== MERGE with conditions and a delete
MERGE INTO dw.firm t USING (SELECT id, name, flag FROM ods.firm WHERE dt = 1) s ON (t.id = s.id)
WHEN MATCHED THEN UPDATE SET t.name = s.name WHERE s.flag = 'Y'
WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name) WHERE s.flag <> 'N'
--->
merge DW.FIRM from ODS.FIRM
  NAME <- ODS.FIRM.NAME identity
  ID <- ODS.FIRM.ID identity
  <- DW.FIRM.ID join, ODS.FIRM.DT filter, ODS.FIRM.FLAG filter, ODS.FIRM.ID join

=== INSERT ALL
INSERT ALL WHEN kind = 'A' THEN INTO ta (id, v) VALUES (id, amount) ELSE INTO tb (id) VALUES (id) SELECT id, kind, amount FROM src
--->
insert TA from SRC
  ID <- SRC.ID identity
  V <- SRC.AMOUNT identity
  <- SRC.KIND filter
insert TB from SRC
  ID <- SRC.ID identity
  <- SRC.KIND filter

=== MINUS
SELECT id FROM a MINUS SELECT id FROM b
--->
select from A, B
  ID <- A.ID identity
  <- B.ID filter

=== PIVOT
[sales(region, quarter, amount)]
SELECT * FROM sales PIVOT (SUM(amount) FOR quarter IN ('Q1' AS q1, 'Q2' AS q2))
--->
select from sales
  region <- sales.region identity
  Q1 <- sales.amount aggregation, sales.quarter conditional
  Q2 <- sales.amount aggregation, sales.quarter conditional

=== UNPIVOT
[sales(region, q1, q2)]
SELECT region, quarter, amount FROM sales UNPIVOT (amount FOR quarter IN (q1, q2))
--->
select from sales
  REGION <- sales.region identity
  QUARTER <-
  AMOUNT <- sales.q1 transformation, sales.q2 transformation

=== LISTAGG and analytic functions
SELECT LISTAGG(name, ',') WITHIN GROUP (ORDER BY id) AS names, LAG(v, 1) OVER (PARTITION BY g ORDER BY d) AS before FROM t GROUP BY g
--->
select from T
  NAMES <- T.ID sort, T.NAME aggregation
  BEFORE <- T.D window, T.G window, T.V transformation
  <- T.G group_by

=== a silent recursion
WITH r (id, root) AS (SELECT id, id FROM n WHERE p IS NULL UNION ALL SELECT n.id, r.root FROM n JOIN r ON n.p = r.id) SELECT root FROM r
--->
select from N
  ROOT <- N.ID identity
  <- N.ID join, N.P filter+join

=== a procedure: its statements are followed, its code is not
CREATE OR REPLACE PROCEDURE load_firm (p_dt IN DATE) IS
  v_n NUMBER;
BEGIN
  DELETE FROM dw.firm WHERE dt = p_dt;
  INSERT INTO dw.firm (id, name, dt)
  SELECT s.id, TRIM(s.name), p_dt FROM ods.firm s WHERE s.dt = p_dt;
  IF v_n > 0 THEN
    UPDATE dw.log SET rows_n = v_n WHERE id = 1;
  END IF;
  FOR r IN (SELECT id FROM ods.x) LOOP
    INSERT INTO dw.y (id) VALUES (r.id);
  END LOOP;
  COMMIT;
END load_firm;
/
SELECT id FROM dw.firm;
--->
other (not followed)
  ! 1:1 procedural
delete DW.FIRM from DW.FIRM
  <- DW.FIRM.DT? filter, DW.FIRM.P_DT? filter
insert DW.FIRM from ODS.FIRM
  ID <- ODS.FIRM.ID identity
  NAME <- ODS.FIRM.NAME transformation
  DT <- ODS.FIRM.P_DT? identity
  <- ODS.FIRM.DT filter, ODS.FIRM.P_DT? filter
update DW.LOG from DW.LOG
  ROWS_N <- DW.LOG.V_N? identity
  <- DW.LOG.ID? filter
insert DW.Y
  ID <-
  ! 11:35 unknown_column
select from DW.FIRM
  ID <- DW.FIRM.ID identity

=== TABLE of a collection
SELECT t.id, c.column_value FROM t, TABLE(t.items) c
--->
select from T
  ID <- T.ID identity
  COLUMN_VALUE <- T.ITEMS transformation
