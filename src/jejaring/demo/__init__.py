"""A small believable world, built through the same verbs that users use, under a moved clock.

`cast.py` says who there is, `story.py` what they did in thirty days, `build.py` makes it so, and
`run.py` is the command.
"""
