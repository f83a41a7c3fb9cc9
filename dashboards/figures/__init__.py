"""Numbers for pages: daily figures kept by the worker, read by queries; at most 5 s behind."""
