"""Several jobs sorted together as one mailing, each with its own template, stock and accounts (docs/commingling.md).

In: jobs and their inputs. Out: a folder of the mailing, a run folder of each job, accounts to the piece. Never: mixes the
print files of two jobs; releases one job of a mailing without the others.

Light, because the command line imports ``words``: the machinery comes with ``corridor``.
"""
