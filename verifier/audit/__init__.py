"""Questions of auditors over a whole history: is it complete, was all of it allowed, what is out of the ordinary?"""
