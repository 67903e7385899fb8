async def bad_arguments(report): pass
