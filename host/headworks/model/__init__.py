"""The nouns of the field, frozen. Imports nothing of Headworks and decides nothing.

`model.site` is what a site file says, `model.live` what was seen, `model.plan` what was
decided, `model.memory` what one scan hands to the next.
"""
