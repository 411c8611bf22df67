"""The rule language: what planners write, read into one typed model, checked exactly, evaluated on exact numbers.

``read`` turns files into a :class:`~twin.rules.model.RuleSet`; ``check`` finds what is wrong with it before anything
runs; ``reference`` is the meaning of every rule, one decision at a time. Which words a rule may use comes from outside,
as a :class:`~twin.rules.vocabulary.Vocabulary`.
"""
