-- model: subject.{{industry}}_talent
-- title: {{title}}：人才 | {{title}}: talent
-- description: 企业各专业、各层次的人数与缺口；只有合计，没有个人。 | Headcount and gap by firm, specialty and level; totals only, no person.
-- owner: 产业大脑运营方
-- side: enterprise
-- grade: general3
-- restricted_by: enterprise_id
-- source: raw.{{industry}}_talent
-- licence: 按数据提供协议
-- keys: enterprise_id, specialty, level, year
-- inputs: raw.{{industry}}_talent
-- tags: {{industry}}, restricted
-- test: unique(enterprise_id, specialty, level, year)
-- test: expression(headcount >= 0)
-- column: enterprise_id | 企业标识 | Enterprise id
-- column: specialty | 专业 | Specialty
-- column: level | 层次 | Level
-- column: year | 年份 | Year
-- column: headcount | 人数 | Headcount
-- column: gap | 缺口 | Gap
-- The latest report of each key: files are added, and a later one corrects an earlier one.
WITH latest AS (
  SELECT * FROM (
    SELECT r.*, row_number() OVER (
      PARTITION BY uscc, specialty, level, year ORDER BY _run DESC, _file DESC, _line DESC
    ) AS place
    FROM raw.{{industry}}_talent r
  ) WHERE place = 1
)
SELECT l.uscc AS enterprise_id, l.specialty, l.level, l.year, l.headcount, l.gap
FROM latest l
