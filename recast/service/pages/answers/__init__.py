"""The answers of requests to read: charts and tables of a request, single points, comparisons."""
