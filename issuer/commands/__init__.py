"""The commands of `yinxin-issuer`, one file for each group."""
