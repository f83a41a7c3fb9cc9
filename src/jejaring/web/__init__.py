"""HTTP toolkit without business: typed JSON routes, OpenAPI, problems, pages, limits, language."""
