-- model: subject.industry
-- title: 国民经济行业分类 | Industry classification
-- description: GB/T 4754-2017 门类、大类、中类、小类及说明。 | Sections, divisions, groups and classes of GB/T 4754-2017 with notes.
-- owner: 国家统计局
-- side: public
-- grade: general1
-- source: GB/T 4754-2017 via zmshe/capital, 2020-08-31
-- licence: national standard
-- keys: code
-- inputs: raw.gbt4754
-- column: code | 行业代码 | Industry code
-- column: name | 名称 | Name
-- column: level | 层级（1 门类至 4 小类） | Level, 1 section to 4 class
-- column: parent_code | 上级代码 | Parent code
-- column: section | 门类 | Section
-- column: note | 说明 | Note
-- column: source | 来源 | Source
SELECT code, name, CAST(level AS bigint) AS level, parent AS parent_code, section, note, 'GB/T 4754-2017' AS source
FROM raw.gbt4754
ORDER BY section, code
