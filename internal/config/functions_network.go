package config

import (
	"net/netip"

	"github.com/hashicorp/go-cty-funcs/cidr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// netmaskFunc gives the mask of a network. The library's own makes one for IPv6 too, which has none.
var netmaskFunc = function.New(&function.Spec{
	Params: cidr.NetmaskFunc.Params(),
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
		if prefix, err := netip.ParsePrefix(args[0].AsString()); err == nil && prefix.Addr().Is6() {
			return cty.UnknownVal(t), function.NewArgErrorf(0, "IPv6 addresses cannot have a netmask: %s", args[0].AsString())
		}
		return cidr.NetmaskFunc.Call(args)
	},
})

// subnetFunc gives a part of a network. The library's own takes negative numbers for others.
var subnetFunc = function.New(&function.Spec{
	Params: cidr.SubnetFunc.Params(),
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
		for i, arg := range args {
			if i > 0 && arg.AsBigFloat().Sign() < 0 {
				return cty.UnknownVal(t), function.NewArgErrorf(i, "the number must not be negative")
			}
		}
		return cidr.SubnetFunc.Call(args)
	},
})
