-- model: subject.{{industry}}_energy
-- title: {{title}}：能源 | {{title}}: energy
-- description: 企业每月各能源品种的消费量，折标准煤（GB/T 2589-2020 当量值）。 | Monthly use of each kind of energy by firm, in standard coal (GB/T 2589-2020, calorific equivalent).
-- owner: 产业大脑运营方
-- side: enterprise
-- grade: general3
-- restricted_by: enterprise_id
-- source: raw.{{industry}}_energy
-- licence: 按数据提供协议
-- keys: enterprise_id, month, carrier
-- inputs: raw.{{industry}}_energy
-- tags: {{industry}}, restricted
-- freshness: month, warn 45d, fail 100d
-- test: unique(enterprise_id, month, carrier)
-- test: expression(quantity >= 0)
-- test: not_null(coal_kg)
-- column: enterprise_id | 企业标识 | Enterprise id
-- column: month | 月份 | Month
-- column: carrier | 能源品种 | Kind of energy
-- column: quantity | 消费量 | Use
-- column: unit | 计量单位 | Unit
-- column: coal_kg | 折标准煤 | Standard coal | | kgce
-- column: cost_cny | 费用 | Cost | | CNY
-- The latest report of each key: files are added, and a later one corrects an earlier one.
WITH latest AS (
  SELECT * FROM (
    SELECT r.*, row_number() OVER (
      PARTITION BY uscc, date_trunc('month', month), carrier ORDER BY _run DESC, _file DESC, _line DESC
    ) AS place
    FROM raw.{{industry}}_energy r
  ) WHERE place = 1
)
SELECT
  l.uscc AS enterprise_id, CAST(date_trunc('month', l.month) AS date) AS month, l.carrier, l.quantity,
  CASE l.carrier WHEN 'electricity' THEN 'kWh' WHEN 'natural_gas' THEN 'm3' WHEN 'raw_coal' THEN 'kg' ELSE 'MJ' END AS unit,
  l.quantity * CASE l.carrier
    WHEN 'electricity' THEN 0.1229 WHEN 'natural_gas' THEN 1.2143 WHEN 'raw_coal' THEN 0.7143 ELSE 0.03412
  END AS coal_kg,
  l.cost AS cost_cny
FROM latest l
