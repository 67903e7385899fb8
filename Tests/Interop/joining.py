async def reference_joins_ours(*a): pass
async def ours_joins_reference(*a): pass
