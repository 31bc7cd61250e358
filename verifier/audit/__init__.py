"""The questions of auditors over a whole history: is it complete, was everything allowed, what is out of the ordinary?"""
