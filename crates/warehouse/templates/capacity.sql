-- model: subject.{{industry}}_capacity
-- title: {{title}}：产能 | {{title}}: capacity
-- description: 企业各产品的年产能、产量与利用率。 | Yearly capacity, output and utilisation by firm and product.
-- owner: 产业大脑运营方
-- side: enterprise
-- grade: general3
-- restricted_by: enterprise_id
-- source: raw.{{industry}}_capacity
-- licence: 按数据提供协议
-- keys: enterprise_id, product_id, year
-- inputs: raw.{{industry}}_capacity
-- tags: {{industry}}, restricted
-- test: unique(enterprise_id, product_id, year)
-- test: expression(capacity >= 0 AND output >= 0)
-- test: warn expression(utilisation <= 1.5)
-- column: enterprise_id | 企业标识 | Enterprise id
-- column: product_id | 产品标识 | Product id
-- column: year | 年份 | Year
-- column: capacity | 年产能 | Capacity
-- column: output | 年产量 | Output
-- column: utilisation | 产能利用率 | Utilisation
-- column: unit | 计量单位 | Unit
-- The latest report of each key: files are added, and a later one corrects an earlier one.
WITH latest AS (
  SELECT * FROM (
    SELECT r.*, row_number() OVER (
      PARTITION BY uscc, trim(product), year ORDER BY _run DESC, _file DESC, _line DESC
    ) AS place
    FROM raw.{{industry}}_capacity r
  ) WHERE place = 1
)
SELECT
  l.uscc AS enterprise_id, trim(l.product) AS product_id, l.year, l.capacity, l.output,
  CASE WHEN l.capacity > 0 THEN l.output / l.capacity END AS utilisation, l.unit
FROM latest l
