package config

// dynamicType is the type of blocks that stand for any number of others.
const dynamicType = "dynamic"

// dynamicBlock is the type of a block that stands for blocks of type t.
func dynamicBlock(t blockType) blockType {
	return blockType{
		arguments: []argument{
			{name: "for_each", takes: takesEach, required: true},
			{name: "iterator", takes: takesText},
			{name: "labels", takes: takesTexts},
		},
		blocks: map[string]blockType{"content": t},
	}
}
