"""Ten checks over the orders of `quality_speed make`. Usage: quality.py great_expectations|pandera FILE.csv

Prints one line: processor seconds of the checks alone, rows, rules that failed, rows that failed.
Texts are read as texts, so that neither library pays for guessing types.
"""
import os
import sys
import time
import warnings

os.environ["DO_NOT_TRACK"] = "1"
warnings.filterwarnings("ignore")

import pandas as pd

kind, path = sys.argv[1:3]
types = {name: "str" for name in ("order_id", "email", "phone", "status", "city", "name")}
orders = pd.read_csv(path, dtype=types | {"amount": "float64", "pieces": "int64"})
EMAIL = r"^[a-z0-9.]+@[a-z0-9.-]+\.[a-z]{2,}$"
PHONE = r"^1[3-9][0-9]{9}$"
STATES = ["open", "paid", "sent", "done", "void"]


def great_expectations():
    import great_expectations as gx
    import great_expectations.expectations as gxe

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("orders")
    batches = source.add_dataframe_asset("orders").add_batch_definition_whole_dataframe("all")
    suite = context.suites.add(gx.ExpectationSuite(name="orders"))
    for expectation in (
        gxe.ExpectTableRowCountToBeBetween(min_value=1000, max_value=100_000_000),
        gxe.ExpectColumnValuesToBeUnique(column="order_id"),
        gxe.ExpectColumnValuesToMatchRegex(column="email", regex=EMAIL, mostly=0.99),
        gxe.ExpectColumnValuesToMatchRegex(column="phone", regex=PHONE, mostly=0.99),
        gxe.ExpectColumnValuesToBeInSet(column="status", value_set=STATES),
        gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=0, max_value=100_000, mostly=0.99),
        gxe.ExpectColumnMeanToBeBetween(column="amount", min_value=1, max_value=100_000),
        gxe.ExpectColumnValuesToNotBeNull(column="city", mostly=0.95),
        gxe.ExpectColumnValueLengthsToBeBetween(column="name", min_value=2, max_value=20),
        gxe.ExpectColumnValuesToBeBetween(column="pieces", min_value=1, max_value=99),
    ):
        suite.add_expectation(expectation)
    definition = gx.ValidationDefinition(name="orders", data=batches, suite=suite)
    definition = context.validation_definitions.add(definition)
    started = time.process_time()
    result = definition.run(batch_parameters={"dataframe": orders}, result_format="SUMMARY")
    seconds = time.process_time() - started
    failed = sum(not one.success for one in result.results)
    rows = sum(one.result.get("unexpected_count", 0) or 0 for one in result.results)
    return seconds, failed, rows


def pandera():
    import pandera.pandas as pa

    # pandera has no share of rows that must pass; what fails is counted from its failure cases.
    checks = {
        "order_id": pa.Column(str, unique=True, report_duplicates="all"),
        "email": pa.Column(str, pa.Check.str_matches(EMAIL)),
        "phone": pa.Column(str, pa.Check.str_matches(PHONE)),
        "status": pa.Column(str, pa.Check.isin(STATES)),
        "amount": pa.Column(float, [pa.Check.in_range(0, 100_000), pa.Check(lambda s: 1 <= s.mean() <= 100_000)]),
        "city": pa.Column(str, nullable=False),
        "name": pa.Column(str, pa.Check.str_length(2, 20)),
        "pieces": pa.Column(int, pa.Check.in_range(1, 99)),
    }
    schema = pa.DataFrameSchema(checks, checks=pa.Check(lambda df: len(df) >= 1000))
    started = time.process_time()
    failing = {}
    try:
        schema.validate(orders, lazy=True)
    except pa.errors.SchemaErrors as errors:
        failing = errors.failure_cases.groupby("column").size().to_dict()
    seconds = time.process_time() - started
    allowed = {"email": 0.01, "phone": 0.01, "amount": 0.01, "city": 0.05}
    failed = sum(count > allowed.get(column, 0.0) * len(orders) for column, count in failing.items())
    return seconds, failed, sum(failing.values())


seconds, failed, rows = {"great_expectations": great_expectations, "pandera": pandera}[kind]()
print(f"{seconds:.3f} {len(orders)} {failed} {rows}")
