"""What partners see: what they have, what they can join, their links, why each rupiah, where they
are paid. Resellers, buzzers, influencers and followers share these pages; what differs is the
home's second card.
"""
