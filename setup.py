"""What pyproject.toml can't say: the checkout's suites and baselines go into the package, as bench/shipped."""

from setuptools import find_packages, setup

SHIPPED = {"bench.shipped.suites": "suites", "bench.shipped.baselines": "results/baselines"}

setup(packages=[*find_packages(include=["bench", "bench.*"]), *SHIPPED], package_dir=SHIPPED)
