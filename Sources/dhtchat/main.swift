import DHTTools

await ChatTool.main(Array(CommandLine.arguments.dropFirst()))
